// What every server under load tells the runner: where it listens, and how much CPU it has used.
export function reportTo(runner, port) {
  runner.on('message', () => runner.send(runner.cpuUsage()));
  runner.on('disconnect', () => runner.exit());
  runner.send(port);
}
