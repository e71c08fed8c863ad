/* Run by mpirun: the last rank ends, with exit code 0, in the way that it is given, while the others go on. */
import { zeros } from "retrograd";
import { world } from "retrograd/optim";

const [way = ""] = process.argv.slice(2);
const { rank, size } = world();
const ends = rank === size - 1;
const lengths: Record<string, number> = { small: 10, large: 100_000, early: 1000 };

for (let exchange = 1; exchange <= 4; exchange++) {
  if (ends && exchange === 4 && way !== "last") process.exit(0);
  const x = zeros([lengths[way] ?? 10]);
  if (way === "early") world().startAllReduce(x).wait();
  else world().allReduce(x);
}
if (!ends) {
  // What needs nobody else may take as long as it does.
  await new Promise((resume) => setTimeout(resume, 500));
  console.log(`rank ${rank} is done`);
}
