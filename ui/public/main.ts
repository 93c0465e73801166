// What every reporter's page does with scripts: leave by one tap or by Esc
// twice, so that this page is not the one that "back" leads to.
const exit = document.querySelector<HTMLAnchorElement>("[data-exit]");

function leave(): void {
  document.documentElement.hidden = true;
  location.replace("/exit");
}

exit?.addEventListener("click", (e) => {
  e.preventDefault();
  leave();
});

for (const hint of document.querySelectorAll<HTMLElement>("[data-esc]")) hint.hidden = false;

let last = 0;
addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  if (last > 0 && e.timeStamp - last < 1500) leave();
  last = e.timeStamp;
});
