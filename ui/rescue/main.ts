// On every page of the staff: a recording that a crash cut off is sent on.
import { rescueAll } from "../room/rescue.js";

if (isSecureContext && navigator.storage?.getDirectory) void rescueAll().catch(() => undefined);
