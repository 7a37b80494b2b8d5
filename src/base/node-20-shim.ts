/**
 * libp2p 3 calls `Promise.withResolvers`, which Node 20 does not have. This file must be loaded before libp2p is.
 * It goes when Node 20 is no longer supported.
 */
type WithResolvers = <T>() => {
  promise: Promise<T>;
  resolve: (value: T | PromiseLike<T>) => void;
  reject: (reason?: unknown) => void;
};

const promises = Promise as unknown as { withResolvers?: WithResolvers };

promises.withResolvers ??= <T>() => {
  let resolve!: (value: T | PromiseLike<T>) => void;
  let reject!: (reason?: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};
