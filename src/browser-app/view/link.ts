/** Does something in place of a plain click on a link; a click that means another tab or window stays the browser's. */
export function followLink(go: () => void): (event: MouseEvent) => void {
  return event => {
    if (event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      go();
    }
  };
}
