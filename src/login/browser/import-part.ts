/** How often a part of this page has failed to load. */
let failures = 0;

const noteFailure = () => {
  failures += 1;
};

/** Another URL after each failure: a browser may share a request that failed or hangs with all later imports of its URL. */
const urlOf = (file: string) => (failures > 0 ? `${file}?try=${failures}` : file);

/** Imports a script of this page. After a failure, or that long without a result, the next call requests it again. */
export async function importPart<Part>(file: string, limitMs: number): Promise<Part> {
  const timer = setTimeout(noteFailure, limitMs);
  try {
    return await import(urlOf(file));
  } catch (error) {
    noteFailure();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Loads a script of this page into the browser's cache, at low priority. */
export function preloadPart(file: string): void {
  const link = document.createElement('link');
  // A preload that failed is a failed import too.
  Object.assign(link, { rel: 'modulepreload', href: urlOf(file), fetchPriority: 'low', onerror: noteFailure });
  document.head.append(link);
}
