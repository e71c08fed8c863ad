import { goldenBytes, goldenTwin } from "./golden.js";
import { ours } from "./ours.js";

const written = ours((name) => goldenTwin(name).inputs);

test.each(["ours.npy", "ours-stored.npz", "ours.safetensors"])("%s is what NumPy and PyTorch have read", (name) => {
  expect(written[name]).toEqual(goldenBytes(name));
});
