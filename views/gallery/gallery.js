// Puts canned acts into this device's outbox, so that the product's own scripts show rows that wait and list what was
// refused. They rest for ever: nothing of them is sent.
const list = JSON.parse(document.querySelector("[data-outbox]")?.dataset.outbox ?? "[]");

const request = indexedDB.open("outbox", 1); // as static/js/queue.js
request.onupgradeneeded = () => request.result.createObjectStore("acts", { keyPath: "n", autoIncrement: true });
request.onsuccess = () => {
  const transaction = request.result.transaction("acts", "readwrite");
  const acts = transaction.objectStore("acts");
  acts.clear();
  for (const act of list) acts.put(act);
  transaction.oncomplete = () => {
    request.result.close();
    new BroadcastChannel("outbox").postMessage({ added: "gallery" });
  };
};
