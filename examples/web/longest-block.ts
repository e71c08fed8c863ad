/**
 * Calls `onBlock` with the milliseconds of the longest task that kept the page's thread since this was called, each time there is a
 * longer one; null if not measured here. What the browser did before, to make the page, is none of the page's tasks. A task that had to
 * wait for other programs to leave it a processor is as long as it was for the visitor.
 */
export function watchBlocks(onBlock: (milliseconds: number | null) => void): void {
  if (!PerformanceObserver.supportedEntryTypes?.includes("longtask")) {
    onBlock(null);
    return;
  }
  let longest = 0;
  onBlock(longest);
  const observer = new PerformanceObserver((entries) => {
    for (const { duration } of entries.getEntries()) {
      if (duration <= longest) continue;
      longest = duration;
      onBlock(longest);
    }
  });
  observer.observe({ type: "longtask" });
}
