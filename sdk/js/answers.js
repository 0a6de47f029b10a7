// What plugins answer.

/** A sentence for a person: a code for translations, the sentence, and what it speaks of. */
export const message = (code, text, args = {}) => ({ code, text, args });

/** The condition holds. */
export const met = () => ({ met: true });

/** The condition does not hold, and why. */
export const unmet = (code, text, args) => ({ met: false, why: message(code, text, args) });

/** Somebody who can approve (`user(id)` or `group(id)`), and why. */
export const nominee = (who, reason) => ({ who, reason });

/** What is wrong with a property of the request; with the request as a whole where it is null. */
export const problem = (property, code, text, args) => ({ property, why: message(code, text, args) });

/** One line of a plan. */
export const effect = (kind, target, summary) => ({ kind, target, summary });

/** What an executor did. */
export const receipt = (reference, fields = {}) => ({ reference, fields });

/** What `probe` answers: it happened, it did not, or a person must look. */
export const happened = (done) => ({ tag: "happened", done });
export const didNotHappen = () => ({ tag: "did-not-happen" });
export const cannotTell = (why) => ({ tag: "cannot-tell", why });
