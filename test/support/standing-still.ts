/** Nothing else runs in this process for so many milliseconds, as if it had no CPU. */
export function block(span: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, span)
}

/** Lets this process run for a moment in each `span` until it holds. */
export async function starveUntil(holds: () => boolean, span = 90): Promise<void> {
  while (!holds()) {
    block(span)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
