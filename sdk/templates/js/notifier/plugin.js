// Posts notices to a chat.

import { http, notice, permanent, retryable } from "countersign";

export function deliver({ url }, onceKey) {
  const { status } = http.send("POST", url, {
    // Every retry comes with the same key, so that the other side can tell a repetition.
    headers: { "content-type": "application/json", "idempotency-key": onceKey },
    body: JSON.stringify({ text: `${notice.subject()}\n${notice.text()}` }),
  });
  if (status >= 200 && status < 300) return null;
  const failed = status === 429 || status >= 500 ? retryable : permanent;
  throw failed("chat_failed", `the chat answered ${status}`, { status });
}
