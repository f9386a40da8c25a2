/**
 * What the node asks of a container runtime: little enough that another one (a Docker Engine on macOS, say) can be put behind it.
 * Containers live on when the process that made them ends; their state is asked for again by `list`.
 */
import type { Readable, Writable } from 'node:stream'

export interface Mount {
  /** A path on the host; for tmpfs a name. */
  source: string
  destination: string
  type?: 'bind' | 'tmpfs'
  readonly?: boolean
  /** For tmpfs: at most so many bytes. */
  sizeBytes?: number
  /** Mounts made by the container show on the host too, or the other way round. */
  propagation?: 'private' | 'slave' | 'shared'
}

export interface Resources {
  /** Relative weight, 1024 a core. */
  cpuShares?: number
  /** Cores, such as 0.5. */
  cpuLimit?: number
  /** Bytes. */
  memoryLimit?: number
  pidsLimit?: number
}

export interface ContainerUser {
  uid: number
  gid: number
  groups: number[]
}

export interface ContainerSpec {
  id: string
  /** A folder of the container's own; the runtime may put into it what it needs. */
  dir: string
  /** Layers of the root file system, unpacked, lowest first. */
  layers: string[]
  readonlyRoot: boolean
  args: string[]
  env: string[]
  cwd: string
  user: ContainerUser
  hostname: string
  mounts: Mount[]
  /** A network namespace's path; undefined is the host's own. */
  netns: string | undefined
  hostPid: boolean
  resources: Resources
  /** Below the instance's own parent group, such as `pods/UID`. */
  cgroupParent: string
  /** Names such as `CAP_CHOWN`. */
  capabilities: string[]
  privileged: boolean
  noNewPrivileges: boolean
  /** 0 to 1000: the higher, the sooner the kernel ends it when memory is short. */
  oomScoreAdj: number
  sysctls: Record<string, string>
  /** Standard output and error go here, in the CRI log format. */
  logPath: string
  stdin: boolean
  tty: boolean
}

export type ContainerPhase = 'created' | 'running' | 'stopped'
export interface ListedContainer {
  id: string
  phase: ContainerPhase
  pid: number
}

export interface Exit {
  code: number
  /** Milliseconds since the epoch. */
  finishedAt: number
  /** The kernel ended a process of it at its memory limit. */
  oomKilled: boolean
}

export interface ExecOptions {
  env?: string[]
  tty?: boolean
  stdin?: boolean
}
/** A program started in a running container. */
export interface ExecSession {
  stdin: Writable | undefined
  stdout: Readable
  /** Undefined with a terminal. */
  stderr: Readable | undefined
  /** The exit code. */
  done: Promise<number>
  resize(columns: number, rows: number): void
  kill(): void
}
export interface ExecOutcome {
  /** Undefined when it took too long. */
  code: number | undefined
  output: string
}

export interface ContainerStats {
  /** CPU used since its start, nanoseconds. */
  cpuNanos: number
  memoryBytes: number
  /** Without file cache that can be dropped. */
  workingSetBytes: number
  pids: number
}

export interface ContainerRuntime {
  readonly name: string
  readonly version: string
  /** Makes it, ready to start. @throws RuntimeError with the runtime's own words */
  create(spec: ContainerSpec): Promise<{ pid: number }>
  start(id: string): Promise<void>
  /** Does nothing when it has ended. */
  kill(id: string, signal: 'SIGKILL' | string): Promise<void>
  /** Removes all of it except its log; `dir` as given to create. Does nothing when there is none. */
  delete(id: string, dir: string): Promise<void>
  list(): Promise<ListedContainer[]>
  /** How it ended, or undefined while it runs or when nobody saw it end. */
  exit(id: string, dir: string): Promise<Exit | undefined>
  /** Runs a program in it and waits. */
  exec(id: string, command: string[], timeoutMs: number): Promise<ExecOutcome>
  execSession(id: string, command: string[], options: ExecOptions): ExecSession
  stats(cgroupParent: string, id: string): Promise<ContainerStats | undefined>
  /** The log's file was moved away: write to a new one. */
  reopenLog(dir: string): Promise<void>
  /** Attaches to the main process's streams, where it was created with stdin. */
  attach(id: string, dir: string): Promise<ExecSession>
  /** Calls back with the id of each container that ends; returns how to stop. */
  onExit(handler: (id: string) => void): () => void
  /** Removes what a pod leaves behind once its containers are deleted. */
  forget(cgroupParent: string): Promise<void>
}

/** `StartError` is the user's (no such program, say), the others are the system's. */
export class RuntimeError extends Error {
  readonly reason: 'CreateContainerError' | 'StartError'
  constructor(reason: RuntimeError['reason'], message: string) {
    super(message)
    this.name = 'RuntimeError'
    this.reason = reason
  }
}
