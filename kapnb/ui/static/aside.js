// What was kept and could not be used any more, as a list of texts under a key; a text as a file; and what the banner promises.
//
// This text stands in front of a widget's script: see `kapnb/ui/skin.py`.

function listAside(key) {
  let text = null;
  try {
    text = localStorage.getItem(key);
    const texts = JSON.parse(text) ?? [];
    return texts.every((one) => typeof one === "string") ? texts : [text];
  } catch {
    return text ? [text] : [];
  }
}

function download(name, text) {
  const type = { html: "text/html", txt: "text/plain" }[name.split(".").at(-1)] ?? "application/json";
  const address = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// The page's banner promises what is kept, and no more; `unkept` holds what it says where nothing is.
function promise(kept, unkept) {
  const banner = document.getElementById("session");
  if (!banner) return;
  for (const state of ["ended", "silent"]) {
    banner.dataset[`${state}Kept`] ??= banner.dataset[state];
    banner.dataset[state] = kept ? banner.dataset[`${state}Kept`] : unkept[state];
  }
}
