// Keyboard for the queue: arrows or j and k move, Enter opens, n is the next page.
export function listenForKeys(): void {
  const rows = [...document.querySelectorAll<HTMLAnchorElement>("[data-queue] [data-row]")];
  if (rows.length === 0) return;
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const at = rows.indexOf(document.activeElement as HTMLAnchorElement);
    const to = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1 }[e.key];
    if (to !== undefined) {
      e.preventDefault();
      rows[Math.max(0, Math.min(to, rows.length - 1))]!.focus();
    } else if (e.key === "n") {
      document.querySelector<HTMLAnchorElement>("[data-next]")?.click();
    }
  });
}
