/** The images that are made on this machine. */
export const baseImageNames = ['base-node', 'base-static', 'builder', 'buildah'] as const
export type BaseImageName = (typeof baseImageNames)[number]

/** Part of the fingerprint: other wishes make other images. */
export const wishes = (which: readonly BaseImageName[], prefix: string): string[] => [...which, prefix]
