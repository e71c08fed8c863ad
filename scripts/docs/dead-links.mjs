import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The links and pictures of the pages in a folder that lead nowhere in it, as lines of text. */
export function deadLinks(folder) {
  const pages = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".html"));
  return pages.flatMap((page) => {
    const links = [...readFileSync(join(folder, page), "utf8").matchAll(/\s(?:href|src)="([^"#?]+)/g)];
    const here = new Set(links.map(([, link]) => link).filter((link) => !/^[a-z]+:/.test(link)));
    return [...here]
      .filter((link) => !existsSync(join(folder, dirname(page), decodeURIComponent(link))))
      .map((link) => `${page}: there is no ${link}`);
  });
}
