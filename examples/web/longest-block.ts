/** Calls `onBlock` with the milliseconds of the longest task that kept the page's thread, each time there is a longer one; null if not measured here. */
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
  observer.observe({ type: "longtask", buffered: true });
}
