/** How pods get their network: a namespace and an address each, or, where none can be made, the host's own. */

/** What a pod holds on to; kept in its record on disk. */
export interface NetworkLease {
  mode: 'bridge' | 'host'
  /** Path of the network namespace; absent is the host's. */
  netns?: string
  ip: string
}

export interface PodNetwork {
  readonly mode: 'bridge' | 'host'
  /** Where pods reach this machine. */
  readonly hostAddress: string
  /** The pods' addresses, such as `10.201.7.0/24`; absent in host mode. */
  readonly cidr: string | undefined
  acquire(): Promise<NetworkLease>
  release(lease: NetworkLease): Promise<void>
  /** Still there? Namespaces do not outlive a restart of the machine. */
  exists(lease: NetworkLease): Promise<boolean>
  /** Takes over the leases of pods found on disk, removes what belongs to none, and begins to prepare namespaces ahead. */
  adopt(leases: NetworkLease[]): Promise<void>
  /** Gives back what was prepared; pods keep theirs. */
  close(): Promise<void>
  /** Removes all of it. */
  destroy(): Promise<void>
}
