// At a hub several people may use one browser after each other: what one of them typed is not shown to the next.
(() => {
  const LAST = "kapnb:last"; // whose pages were opened last
  const whose = document.body.dataset.baseUrl;
  try {
    if (localStorage.getItem(LAST) === whose) return;
    for (const store of [localStorage, sessionStorage]) {
      for (const key of Object.keys(store).filter((one) => one.startsWith("kapnb:"))) store.removeItem(key);
    }
    localStorage.setItem(LAST, whose);
  } catch {
    // A browser that keeps nothing has nothing to show.
  }
})();
