import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIdx } from "../../examples/idx.js";

const folder = mkdtempSync(join(tmpdir(), "retrograd-idx-"));
const path = join(folder, "file");
afterAll(() => rmSync(folder, { recursive: true }));

const read = (bytes: number[], ndim: number) => {
  writeFileSync(path, Uint8Array.from(bytes));
  return readIdx(path, ndim);
};

test("shape and bytes", () => {
  const { shape, values } = read([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 9, 8, 7, 6, 5, 255], 2);
  expect(shape).toEqual([2, 3]);
  expect([...values]).toEqual([9, 8, 7, 6, 5, 255]);
});

test.each<[string, number[], number, string]>([
  ["of another element type", [0, 0, 13, 1, 0, 0, 0, 0], 1, "has a header of 3329; expected the IDX header 2049"],
  [
    "with another number of axes",
    [0, 0, 8, 2, 0, 0, 0, 0],
    1,
    "expected the IDX header 2049 of unsigned bytes with 1 axes",
  ],
  ["that is empty", [], 1, "has 0 bytes; expected the IDX header"],
  ["that is cut short", [0, 0, 8, 1, 0, 0, 0, 3, 1, 2], 1, "has 2 bytes after its header; expected 3 = 3"],
  ["that is too long", [0, 0, 8, 1, 0, 0, 0, 1, 1, 2], 1, "has 2 bytes after its header; expected 1 = 1"],
])("a file %s is refused", (_, bytes, ndim, message) => {
  expect(() => read(bytes, ndim)).toThrow(message);
});
