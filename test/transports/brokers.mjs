// The servers that carry messages: each is started on a free loopback port, and keeps nothing.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HOST = '127.0.0.1';
/** RabbitMQ starts a virtual machine of its own. */
const PATIENCE = 60_000;

/** Programs by the names of their packages in Debian. */
export const brokers = {
  redis: {
    package: 'redis-server',
    program: process.env.REDIS_SERVER ?? 'redis-server',
    start: (program, port) => run(program, ['--port', `${port}`, '--bind', HOST, '--save', '', '--appendonly', 'no']),
  },
  nats: {
    package: 'nats-server',
    program: process.env.NATS_SERVER ?? 'nats-server',
    start: (program, port) => run(program, ['--addr', HOST, '--port', `${port}`]),
  },
  rabbitmq: {
    package: 'rabbitmq-server',
    program: process.env.RABBITMQ_SERVER ?? '/usr/lib/rabbitmq/bin/rabbitmq-server',
    start: startRabbit,
  },
};

/** Returns the names of the brokers whose program is not there. */
export async function missing() {
  const names = [];
  for (const [name, { program }] of Object.entries(brokers)) {
    const found = await promisify(execFile)('sh', ['-c', `command -v "${program}"`]).catch(() => undefined);
    if (found === undefined) names.push(name);
  }
  return names;
}

export const aptLine = (names) =>
  `apt-get install -y --no-install-recommends ${names.map((name) => brokers[name].package).join(' ')}`;

/** Installs brokers from Debian; it needs root. */
export async function installBrokers(names) {
  const child = spawn('sh', ['-c', `apt-get update -qq && ${aptLine(names)} </dev/null`], { stdio: 'inherit' });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`It could not be installed; run as root: ${aptLine(names)}`);
}

/** Starts the brokers, and gives the port of each. They end with this process. */
export async function startBrokers(names) {
  const started = names.map(async (name) => {
    const { program, start } = brokers[name];
    const port = await freePort();
    const ended = start(program, port);
    await Promise.race([accepting(port), ended.then((why) => Promise.reject(new Error(`${name} ended: ${why}`)))]);
    return [name, port];
  });
  return Object.fromEntries(await Promise.all(started));
}

const children = new Map();
process.on('exit', () => {
  for (const child of children.keys()) endGroup(child.pid);
});

/** Ends what was started, and waits until it is gone. */
export async function stopBrokers() {
  for (const child of children.keys()) endGroup(child.pid);
  await Promise.all(children.values());
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** Runs a program until this process ends. Gives its last words if it ends before. */
function run(program, parameters, env = {}) {
  // a group of its own, as some programs start others
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = spawn(program, parameters, { env: { ...process.env, ...env }, stdio, detached: true });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      words = (words + chunk).slice(-1000);
    });
  }
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', () => resolve(words));
  });
  children.set(child, ended);
  return ended;
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

/** Without the wrapper of Debian, which insists on a user of its own. */
async function startRabbit(program, port) {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-step-up-rabbitmq-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'rabbitmq.conf');
  const [distribution, names] = [await freePort(), await freePort()];
  // the daemon of Erlang, which would otherwise outlive the broker
  run('epmd', ['-port', `${names}`, '-address', HOST]);
  await accepting(names);
  writeFileSync(config, `listeners.tcp.1 = ${HOST}:${port}\nlog.console = true\nlog.file = false\n`);
  return run(program, [], {
    HOME: folder,
    RABBITMQ_NODENAME: `step-up-${process.pid}@localhost`,
    RABBITMQ_CONFIG_FILE: config.slice(0, -'.conf'.length),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_ADDRESS: HOST,
    ERL_EPMD_PORT: String(names),
  });
}

async function accepting(port) {
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    const socket = connect(port, HOST);
    const isOpen = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Nothing accepts connections on port ${port}`);
}

async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
