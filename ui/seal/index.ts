// Everything that is said in secret, as internal/seal says it in Go; the two
// are checked against each other (internal/seal/cross_test.go), and the format
// is docs/formats.md. Works without a secure context: nothing here asks for
// crypto.subtle, only for crypto.getRandomValues.
export { b64, unb64 } from "./bytes.js";
export { derive, deriveFromPRF, type Keys } from "./derive.js";
export { parseReceipt } from "./entry.js";
export { fingerprint, newIdentity, open, openStream, padJSON, recipientOf, seal, sealBlob } from "./file.js";
export { keepUnder, newKeepKey, openUnder } from "./kept.js";
export { newReceipt, receiptDigits, receiptWords, type Receipt } from "./receipt.js";
