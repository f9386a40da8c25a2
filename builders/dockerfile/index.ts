export { type BuildOptions, buildDockerfile } from './build-dockerfile.ts'
export type { DockerfileBuild } from './buildah-arguments.ts'
export { dockerfileBuilder } from './dockerfile-builder.ts'
