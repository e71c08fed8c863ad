// jax-js asks for the name of the browser and for the type of half-precision arrays, which Node has from versions 21 and 24 on.
globalThis.navigator ??= { userAgent: "Node.js" };
globalThis.Float16Array ??= class Float16Array {};
