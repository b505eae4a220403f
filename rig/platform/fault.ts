import type { Service } from './context.ts'
import type { World } from './world.ts'

/** Something that goes wrong on request, and how it is put right again. */
export type Fault = {
  readonly name: string
  /** The stop condition that it must make fire, by id. */
  readonly stopCondition?: string
  /** The gate that it must close, by id. */
  readonly gate: string
  /** What must be named as its root cause, by id, where it is not the stop condition. */
  readonly cause?: string
  readonly describe: string
  /** Which replica it strikes unless another is named; none when it strikes something shared. */
  readonly strikes?: { readonly service: Service; readonly index: number }
  /** Makes it happen; the result ends it and restores health. `replica` is the name of the one to strike. */
  inject(world: World, replica: string): Promise<() => Promise<void>>
}
