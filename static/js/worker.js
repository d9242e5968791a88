// Registers the service worker. It never reloads the page: what is on screen stays until the person goes on.
export function startWorker() {
  if (!("serviceWorker" in navigator)) return;
  const only = (url) => {
    if (url !== "/sw.js") throw new Error("not our worker");
    return url;
  };
  const policy = window.trustedTypes?.createPolicy("sw", { createScriptURL: only });
  const url = policy ? policy.createScriptURL("/sw.js") : "/sw.js";
  window.addEventListener("load", () => {
    navigator.serviceWorker.register(url, { updateViaCache: "none" }).catch(() => {}); // a comfort, never a need
  });
}
