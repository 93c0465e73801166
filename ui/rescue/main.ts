// On every page of the staff: a recording that a crash cut off is sent on.
import { rescueAll } from "../room/rescue.js";

if (isSecureContext && "storage" in navigator) void rescueAll().catch(() => undefined);
