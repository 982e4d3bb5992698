import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Peer, RunningPeer, Scene } from './peer'
import { findProgram, freePort, openFileLimit, ServerProcess, untilListening } from './server-process'

const MODULES = ['/usr/lib/nginx/modules/ngx_nchan_module.so', '/usr/share/nginx/modules/ngx_nchan_module.so']

/** nchan 1.3 in nginx: a publish-subscribe server in C, here with its store in memory. */
export const nchan: Peer = {
  name: 'nchan',
  install: 'Debian: npm run setup -- --bench as root, or apt-get install nginx libnginx-mod-nchan',
  version() {
    const nginx = findProgram('nginx')
    if (nginx === undefined || findModule() === undefined) return undefined
    const said = spawnSync(nginx, ['-v'], { encoding: 'utf8' }).stderr
    return `nginx ${/nginx\/([\d.]+)/.exec(said)?.[1] ?? ''} with nchan ${moduleVersion()}, one worker, store in memory`
  },
  async start({ feeds }: Scene): Promise<RunningPeer> {
    const folder = mkdtempSync(join(tmpdir(), 'herald-nchan-'))
    const port = await freePort()
    const file = join(folder, 'nginx.conf')
    writeFileSync(file, configuration(folder, port))
    const nginx = new ServerProcess(findProgram('nginx') ?? 'nginx', ['-c', file, '-p', folder])
    await untilListening(nginx, port)
    const each = feeds === 'each'
    return {
      ...{ process: nginx, port },
      subscribers: () => Promise.resolve({ speak: 'plain', prefix: each ? '/sub/' : '/sub/bench', each }),
      publishers: { speak: 'http', port, path: each ? '/pub/%' : '/pub/bench', headers: [], form: 'text' },
      async stop() {
        await nginx.stop()
        rmSync(folder, { recursive: true })
      },
    }
  },
}

const findModule = (): string | undefined => MODULES.find((path) => existsSync(path))

function moduleVersion(): string {
  try {
    return execFileSync('dpkg-query', ['-W', '-f', '${Version}', 'libnginx-mod-nchan'], { encoding: 'utf8' })
  } catch {
    return 'of an unknown version' // not from a Debian package
  }
}

/**
 * One worker, because the others have one serving thread too; no access log; connections that publish are kept.
 * A channel keeps its messages for a while, as our log does, so that a socket that is behind loses none.
 */
function configuration(folder: string, port: number): string {
  const isRoot = process.getuid?.() === 0
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `${isRoot ? 'user root;\n' : ''}load_module ${findModule() ?? ''};
daemon off;
worker_processes 1;
worker_rlimit_nofile ${openFileLimit()};
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections ${openFileLimit()}; use epoll; multi_accept on; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n')}
  nchan_shared_memory_size 512M;
  nchan_message_buffer_length 20000;
  nchan_message_timeout 60s;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location ~ ^/pub/(\\w+)$ { nchan_publisher http; nchan_channel_id $1; }
    location ~ ^/sub/(\\w+)$ { nchan_subscriber websocket; nchan_channel_id $1; nchan_subscriber_first_message newest; }
  }
}
`
}
