// Writes what was approved into a file.

import { didNotHappen, effect, files, happened, message, receipt, request } from "countersign";

const nameOf = (config) => config.file_name ?? "approved.txt";

// What approvers see, and what the approval binds; it changes nothing.
export function plan(config) {
  const file = nameOf(config);
  const text = `write ${file} about ${request.title()}`;
  return { effects: [effect("file", file, message("write", text))], binding: { file } };
}

// Every retry comes with the same key, and finds the file that an earlier try has made.
export function execute(config, onceKey) {
  files.write(onceKey, nameOf(config), "text/plain", `${request.title()}\n`);
  return receipt(nameOf(config));
}

// Asked after a crash: did it happen?
export function probe(config, onceKey) {
  const isThere = files.of(onceKey).some((file) => file.name === nameOf(config));
  return isThere ? happened(receipt(nameOf(config))) : didNotHappen();
}
