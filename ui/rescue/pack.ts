// What is loaded only where a recorder left something.
export { rescueAll } from "../room/rescue.js";
