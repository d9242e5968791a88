// What lies on a phone's disk: acts that wait, and pages seen last.
import { until } from "./people.mjs";

// entries are what lies on the phone's disk.
export const entries = (person) =>
  person.page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open("outbox", 1);
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const all = request.result.transaction("acts").objectStore("acts").getAll();
          all.onsuccess = () => {
            request.result.close();
            resolve(
              all.result.map(({ key, state, tries, about, person: whose }) => ({ key, state, tries, about, whose })),
            );
          };
        };
      }),
  );

// kept waits until the phone would show that page without network.
export const kept = (person, url) =>
  until("the page is kept", () =>
    person.page.evaluate(async (u) => Boolean(await (await caches.open("pages")).match(u)), url),
  );
