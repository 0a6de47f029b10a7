// Why a plugin gives no answer, and why a call of the host failed.

/** The lack of an answer; `failure` says what follows from it. */
export class Failure extends Error {
  constructor(failure, code, text, args = {}, afterMs = null) {
    super(text);
    Object.assign(this, { name: "Failure", failure, code, args, afterMs });
  }
}

/** This request or this configuration can never work. */
export const permanent = (code, text, args) => new Failure("permanent", code, text, args);
/** It may work later, but not before so many milliseconds. */
export const retryable = (code, text, args, afterMs) => new Failure("retryable", code, text, args, afterMs);
/** Understood, and refused as a matter of policy. */
export const refused = (code, text, args) => new Failure("refused", code, text, args);
/** Executors and notifiers: the effect may have happened. */
export const unknownOutcome = (code, text, args) => new Failure("unknown-outcome", code, text, args);

const FAILURES = {
  denied: "refused",
  busy: "retryable",
  unavailable: "retryable",
  internal: "retryable",
  "unknown-outcome": "unknown-outcome",
};

/** A call of the host failed; where nobody catches it, its kind says what follows. */
export class HostError extends Failure {
  constructor({ kind, message, code = null }) {
    super(FAILURES[kind] ?? "permanent", kind.replace("-", "_"), message);
    Object.assign(this, { name: "HostError", kind, sqlState: code });
  }
}

/** Calls the host; what it answers as an error is thrown as one. */
export const call = (ask) => {
  try {
    return ask();
  } catch (thrown) {
    const payload = thrown?.payload ?? thrown;
    if (typeof payload?.kind === "string" && typeof payload.message === "string") {
      throw new HostError(payload);
    }
    throw thrown;
  }
};
