/** Every kind that Slipway declares. */
import { buildKinds } from '../build/index.ts'
import { deliveryKinds } from '../delivery/index.ts'
import type { Kind } from '../kind.ts'
import { servingKinds } from '../serving/index.ts'

export const allKinds: readonly Kind[] = [...buildKinds, ...servingKinds, ...deliveryKinds]
