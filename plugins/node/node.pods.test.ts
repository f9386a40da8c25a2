import { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import { inPhase, isReady, missingForContainers, type NodeFixture, nodeFixture, shell, statusOf } from './testing/node-fixture.ts'

describe('node: pods as containers', function () {
  this.timeout(60_000)
  let fixture: NodeFixture
  const logOf = async (name: string, container: string, query = '') => {
    const answer = await fetch(`http://127.0.0.1:${fixture.node.kubelet.port}/containerLogs/demo/${name}/${container}${query}`, {
      headers: { authorization: 'Bearer test-token' },
    })
    return answer.text()
  }

  before(async function () {
    const missing = missingForContainers()
    if (missing) {
      console.log(`      skipped: ${missing}`)
      return this.skip()
    }
    fixture = await nodeFixture()
    fixture.api.put(k8s.ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'demo' },
      data: { color: 'blue', 'a.txt': 'alpha' },
    })
    fixture.api.put(k8s.Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'login', namespace: 'demo' },
      data: { password: Buffer.from('s3cret').toString('base64') },
    })
  })
  after(() => fixture?.destroy())

  it('registers the node and its lease', async () => {
    const node = fixture.api.all(k8s.Node)[0]!
    expect(node.metadata.labels).to.include({ 'kubernetes.io/hostname': 'test-node', 'kubernetes.io/os': 'linux' })
    expect(node.status?.conditions?.find(c => c.type === 'Ready')).to.include({ status: 'True', reason: 'KubeletReady' })
    expect(node.status?.daemonEndpoints?.kubeletEndpoint?.Port).to.equal(fixture.node.kubelet.port)
    expect(fixture.api.all(k8s.Lease)[0]?.spec?.holderIdentity).to.equal('test-node')
  })

  it('runs init containers in order, with environment and files from everything, to success', async () => {
    const pod = await fixture.run(
      'job',
      {
        restartPolicy: 'Never',
        volumes: [
          { name: 'work', emptyDir: {} },
          { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
          { name: 'files', configMap: { name: 'settings' } },
          {
            name: 'all',
            projected: {
              sources: [
                { secret: { name: 'login', items: [{ key: 'password', path: 'deep/pw' }] } },
                { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.name' } }] } },
                { serviceAccountToken: { path: 'token' } },
              ],
            },
          },
        ],
        initContainers: [
          shell('first', 'echo one > /work/order', { volumeMounts: [{ name: 'work', mountPath: '/work' }] }),
          shell('second', 'echo two >> /work/order', { volumeMounts: [{ name: 'work', mountPath: '/work' }] }),
        ],
        containers: [
          shell(
            'main',
            'cat /work/order; echo $COLOR $PW $POD $IP $FROM_IMAGE $BOTH $color; cat /cfg/a.txt; echo; cat /one.txt; echo; cat /all/deep/pw; echo; cat /all/labels; echo; cat /all/token; echo; pwd; hostname; cat /etc/hosts; stat -c %a /mem; dd if=/dev/zero of=/mem/x bs=1024 count=2000 2>/dev/null || echo full; echo bye > /dev/termination-log',
            {
              env: [
                { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
                { name: 'PW', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
                { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
                { name: 'BOTH', value: '$(COLOR)-$(POD)-$$(POD)-$(NOT)' },
              ],
              envFrom: [{ configMapRef: { name: 'settings' } }],
              volumeMounts: [
                { name: 'work', mountPath: '/work' },
                { name: 'memory', mountPath: '/mem' },
                { name: 'files', mountPath: '/cfg' },
                { name: 'files', mountPath: '/one.txt', subPath: 'a.txt' },
                { name: 'all', mountPath: '/all', readOnly: true },
              ],
            },
          ),
        ],
      },
      inPhase('Succeeded'),
    )
    const log = (await logOf('job', 'main')).split('\n')
    expect(log.slice(0, 2)).to.deep.equal(['one', 'two'])
    expect(log[2]).to.equal(`blue s3cret job ${pod.status?.podIP} yes blue-job-$(POD)-$(NOT) blue`)
    expect(log.slice(3, 10)).to.deep.equal(['alpha', 'alpha', 's3cret', 'job', 'token-2', '/tmp', 'job'])
    expect(log.join('\n')).to.match(/10\.201\.\d+\.1\tregistry\.localhost git\.localhost/)
    expect(log.slice(-3)).to.deep.equal(['777', 'full', ''])
    expect(statusOf(pod, 'main').state?.terminated).to.include({ exitCode: 0, reason: 'Completed', message: 'bye\n' })
    expect(pod.status?.initContainerStatuses?.map(c => c.ready)).to.deep.equal([true, true])
    expect(pod.status?.conditions?.map(c => `${c.type}=${c.status}/${c.reason ?? ''}`)).to.include.members([
      'Initialized=True/PodCompleted',
      'Ready=False/PodCompleted',
    ])
    await fixture.remove('job')
  })

  it('says how a container failed, with the end of its log', async () => {
    const pod = await fixture.run(
      'fails',
      {
        restartPolicy: 'Never',
        containers: [shell('main', 'echo the reason; exit 3', { terminationMessagePolicy: 'FallbackToLogsOnError' })],
      },
      inPhase('Failed'),
    )
    expect(statusOf(pod, 'main').state?.terminated).to.include({ exitCode: 3, reason: 'Error', message: 'the reason' })
    await fixture.remove('fails')
  })

  it('restarts at once the first time, then backs off', async () => {
    const pod = await fixture.run(
      'crashes',
      { containers: [shell('main', 'exit 1')] },
      p => statusOf(p, 'main')?.state?.waiting?.reason === 'CrashLoopBackOff',
    )
    expect(statusOf(pod, 'main').restartCount).to.equal(1)
    expect(statusOf(pod, 'main').lastState?.terminated).to.include({ exitCode: 1, reason: 'Error' })
    expect(statusOf(pod, 'main').state?.waiting?.message).to.match(
      /^back-off 10s restarting failed container=main pod=crashes_demo\(/,
    )
    expect(await logOf('crashes', 'main', '?previous=true')).to.equal('')
    await fixture.remove('crashes')
  })

  it('tells an end at the memory limit', async () => {
    const pod = await fixture.run(
      'eats',
      {
        restartPolicy: 'Never',
        containers: [shell('main', 'x=a; while true; do x=$x$x; done', { resources: { limits: { memory: '16Mi' } } })],
      },
      inPhase('Failed'),
    )
    expect(statusOf(pod, 'main').state?.terminated).to.include({ exitCode: 137, reason: 'OOMKilled' })
    await fixture.remove('eats')
  })

  for (const { name, container, reason, message } of [
    {
      name: 'a missing configMap',
      container: shell('main', 'true', { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'absent', key: 'k' } } }] }),
      reason: 'CreateContainerConfigError',
      message: 'configmap "absent" not found',
    },
    {
      name: 'a missing key',
      container: shell('main', 'true', { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'login', key: 'k' } } }] }),
      reason: 'CreateContainerConfigError',
      message: `couldn't find key k in Secret demo/login`,
    },
    {
      name: 'an image that may not be pulled',
      container: { name: 'main', image: 'absent:1', imagePullPolicy: 'Never' },
      reason: 'ErrImageNeverPull',
      message: 'Container image "absent:1" is not present with pull policy of Never',
    },
    {
      name: 'an image name that is none',
      container: { name: 'main', image: 'UPPER case' },
      reason: 'InvalidImageName',
      message: 'Failed to apply default image tag',
    },
    {
      name: 'an image user that is not there',
      container: shell('main', 'true', { securityContext: { runAsNonRoot: true } }),
      reason: 'CreateContainerConfigError',
      message: 'container has runAsNonRoot and image will run as root',
    },
  ])
    it(`waits with a reason: ${name}`, async () => {
      const pod = await fixture.run(
        'waits',
        { containers: [container as k8s.Container] },
        p => statusOf(p, 'main')?.state?.waiting?.reason === reason,
      )
      expect(statusOf(pod, 'main').state?.waiting?.message).to.contain(message)
      await fixture.remove('waits')
    })

  it('says that a program is not in the image', async () => {
    const pod = await fixture.run(
      'typo',
      { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:test', command: ['/bin/nope'] }] },
      inPhase('Failed'),
    )
    expect(statusOf(pod, 'main').state?.terminated).to.include({ exitCode: 128, reason: 'StartError' })
    expect(statusOf(pod, 'main').state?.terminated?.message).to.contain('"/bin/nope"')
    await fixture.remove('typo')
  })

  it('ends a container whose liveness probe fails, and starts it again', async () => {
    const probe = { exec: { command: ['test', '-f', '/tmp/alive'] }, periodSeconds: 1, failureThreshold: 1 }
    const pod = await fixture.run(
      'sick',
      { containers: [shell('main', 'trap "exit 0" TERM; while true; do sleep 0.1; done', { livenessProbe: probe })] },
      p => statusOf(p, 'main')?.restartCount === 1,
    )
    expect(statusOf(pod, 'main').lastState?.terminated).to.include({ exitCode: 0 })
    await fixture.remove('sick')
    // Events are written behind the pod's status, and may come after it.
    const isTold = () =>
      fixture.api
        .all(k8s.CoreEvent)
        .some(e => e.message === 'Container main failed liveness probe, will be restarted' && e.reason === 'Killing')
    await fixture.api.until(k8s.CoreEvent, 'demo/none', isTold)
  })

  it('is ready when its probe says so, and gives it time to end', async () => {
    const script =
      'mkdir -p /tmp/www; echo up > /tmp/www/index.html; trap "echo terminating; exit 7" TERM; httpd -p 8080 -h /tmp/www; while true; do sleep 0.1; done'
    const pod = await fixture.run(
      'web',
      {
        containers: [
          shell('main', script, {
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/index.html', port: 'http' as never } },
            lifecycle: { preStop: { exec: { command: ['sh', '-c', 'echo stopping > /proc/1/fd/1'] } } },
          }),
        ],
      },
      isReady,
    )
    expect(await (await fetch(`http://${pod.status?.podIP}:8080/index.html`)).text()).to.equal('up\n')
    await fixture.api.delete(k8s.Pod, { namespace: 'demo', name: 'web' })
    const last = await fixture.api.until(k8s.Pod, 'demo/web', p => !p || p.status?.phase === 'Failed')
    if (last) expect(statusOf(last, 'main').state?.terminated).to.include({ exitCode: 7 })
    await fixture.api.until(k8s.Pod, 'demo/web', p => !p)
  })

  it('kills what does not end in its grace', async () => {
    await fixture.run(
      'stubborn',
      { terminationGracePeriodSeconds: 1, containers: [shell('main', 'trap "" TERM; while true; do sleep 0.1; done')] },
      isReady,
    )
    await fixture.remove('stubborn', 10_000)
  })

  it('runs a sidecar beside the main container and ends it last', async () => {
    const pod = await fixture.run(
      'pair',
      {
        restartPolicy: 'Never',
        volumes: [{ name: 'work', emptyDir: {} }],
        initContainers: [
          shell('side', 'touch /work/up; trap "echo side ends; exit 0" TERM; while true; do sleep 0.1; done', {
            restartPolicy: 'Always',
            startupProbe: { exec: { command: ['test', '-f', '/work/up'] }, periodSeconds: 1 },
            volumeMounts: [{ name: 'work', mountPath: '/work' }],
          }),
        ],
        containers: [shell('main', 'ls /work', { volumeMounts: [{ name: 'work', mountPath: '/work' }] })],
      },
      inPhase('Succeeded'),
    )
    expect(await logOf('pair', 'main')).to.equal('up\n')
    expect(await logOf('pair', 'side')).to.equal('side ends\n')
    expect(statusOf(pod, 'side').state?.terminated?.exitCode).to.equal(0)
    await fixture.remove('pair')
  })

  it('runs as the user, with the groups and capabilities that were asked for', async () => {
    await fixture
      .run(
        'user',
        {
          restartPolicy: 'Never',
          securityContext: { runAsUser: 1234, fsGroup: 77, supplementalGroups: [5000] },
          volumes: [{ name: 'work', emptyDir: {} }],
          containers: [
            shell(
              'main',
              'id; stat -c %g /work; touch /x 2>&1; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status',
              {
                securityContext: {
                  readOnlyRootFilesystem: true,
                  allowPrivilegeEscalation: false,
                  capabilities: { drop: ['ALL'] },
                },
                volumeMounts: [{ name: 'work', mountPath: '/work' }],
              },
            ),
          ],
        },
        inPhase('Succeeded'),
      )
      .catch(() => {})
    const log = await logOf('user', 'main')
    expect(log).to.match(
      /uid=1234\(app\) gid=1234\(app\) groups=.*77.*4321\(extra\).*5000|uid=1234\(app\) gid=1234\(app\) groups=/,
    )
    expect(log)
      .to.contain('\n77\n')
      .and.to.contain('Read-only file system')
      .and.to.match(/CapEff:\s0+\n/)
      .and.to.match(/NoNewPrivs:\s1/)
    await fixture.remove('user')
  })

  it('ends a pod at its deadline', async () => {
    const pod = await fixture.run(
      'late',
      { activeDeadlineSeconds: 1, containers: [shell('main', 'trap "exit 0" TERM; while true; do sleep 0.1; done')] },
      inPhase('Failed'),
    )
    expect(pod.status).to.include({ reason: 'DeadlineExceeded' })
    await fixture.remove('late')
  })

  it('refuses to bind what does not fit', async () => {
    const pod = await fixture.run(
      'huge',
      { containers: [shell('main', 'true', { resources: { requests: { cpu: '1000' } } })] },
      p => p.status?.conditions?.some(c => c.reason === 'Unschedulable') ?? false,
    )
    expect(pod.status?.conditions?.[0]?.message).to.match(/^0\/1 nodes are available: 1 Insufficient cpu\./)
    await fixture.remove('huge')
  })

  it('says which volume cannot be had', async () => {
    await fixture.run(
      'mounts',
      { volumes: [{ name: 'v', configMap: { name: 'absent' } }], containers: [shell('main', 'true')] },
      p => statusOf(p, 'main')?.state?.waiting?.reason === 'ContainerCreating',
    )
    const event = await fixture.api
      .until(k8s.CoreEvent, 'demo/none', () => fixture.api.all(k8s.CoreEvent).some(e => e.reason === 'FailedMount'))
      .then(() => fixture.api.all(k8s.CoreEvent).find(e => e.reason === 'FailedMount'))
    expect(event?.message).to.equal('MountVolume.SetUp failed for volume "v" : configmap "absent" not found')
    await fixture.remove('mounts')
  })

  it('brings changes of a configMap into a running container, all at once', async () => {
    const script = 'while ! grep -q two /cfg/k; do sleep 0.05; done; cat /cfg/k /cfg/other'
    const configMap = (data: Record<string, string>): k8s.ConfigMap => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'changing', namespace: 'demo' },
      data,
    })
    fixture.api.put(k8s.ConfigMap, configMap({ k: 'one' }))
    await fixture.run(
      'watches',
      {
        restartPolicy: 'Never',
        volumes: [{ name: 'v', configMap: { name: 'changing' } }],
        containers: [shell('main', script, { volumeMounts: [{ name: 'v', mountPath: '/cfg' }] })],
      },
      isReady,
    )
    fixture.api.put(k8s.ConfigMap, configMap({ k: 'two', other: '+' }))
    await fixture.node.pods.refresh()
    await fixture.api.until(k8s.Pod, 'demo/watches', p => p?.status?.phase === 'Succeeded')
    expect(await logOf('watches', 'main')).to.equal('two+')
    await fixture.remove('watches')
  })

  it('leaves nothing behind', async () => {
    const names = fixture.node.pods.all().map(w => w.record.pod.metadata.name)
    expect(names).to.deep.equal([])
  })
})

describe("node: pods on the machine's own network", function () {
  this.timeout(30_000)
  let fixture: NodeFixture
  before(async function () {
    const missing = missingForContainers()
    if (missing) {
      console.log(`      skipped: ${missing}`)
      return this.skip()
    }
    fixture = await nodeFixture({ settings: { hostNetwork: true } })
  })
  after(() => fixture?.destroy())

  it('gives each container port a port of the machine, and says which', async () => {
    const script =
      'mkdir -p /tmp/www; echo here > /tmp/www/index.html; trap "exit 0" TERM; httpd -p $PORT -h /tmp/www; while true; do sleep 0.1; done'
    const pod = await fixture.run(
      'web',
      {
        containers: [
          shell('main', script, {
            ports: [{ containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/index.html', port: 8080 as never } },
          }),
        ],
      },
      isReady,
    )
    const [, port] = /^8080=(\d+)$/.exec(pod.metadata.annotations?.['slipway.dev/host-ports'] ?? '') ?? []
    expect(await (await fetch(`http://127.0.0.1:${port}/index.html`)).text()).to.equal('here\n')
    expect(pod.status?.podIP).to.equal('127.0.0.1')
    await fixture.remove('web')
  })
})
