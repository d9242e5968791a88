// The few words that all behaviours use.
export const byId = (id) => document.getElementById(id);
export const all = (selector, scope = document) => [...scope.querySelectorAll(selector)];
export const on = (event, what, capture = false) => document.addEventListener(event, what, capture);
export const emit = (event, detail) => void document.dispatchEvent(new CustomEvent(event, { detail }));
export const body = () => document.body.dataset;
