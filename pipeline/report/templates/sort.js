for (const button of document.querySelectorAll("table.sortable th button")) {
  button.addEventListener("click", () => {
    const head = button.parentElement, column = head.cellIndex;
    const body = head.closest("table").tBodies[0];
    const key = (row) => { const cell = row.cells[column]; return cell.dataset.sort ?? cell.textContent; };
    const numbers = [...body.rows].every((row) => row.cells[column].dataset.sort !== undefined && !isNaN(key(row)));
    const first = numbers ? "descending" : "ascending";
    const order = head.getAttribute("aria-sort") === first ? (numbers ? "ascending" : "descending") : first;
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...body.rows].sort((a, b) => sign * (numbers ? key(a) - key(b) : key(a).localeCompare(key(b))));
    body.append(...rows);
  });
}
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); }
}
addEventListener("hashchange", openTarget);
openTarget();
