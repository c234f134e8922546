// Starts an application with many routes, ten to a controller, and reports the microseconds of CPU of the parts of the start.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Catch, Controller, Get, Module, Param, UseFilters, UseGuards } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
const { RequireAcr, StepUpModule } = require('../../dist/index.js');
const { BootAudit } = require('../../dist/nest/audit/boot-audit.js');

const ROUTES_OF_CONTROLLER = 10;
const [application, adapter, routes] = process.argv.slice(2);
const words = ['mfa', 'phr'];
const hasModule = ['open', 'shared', 'different'].includes(application);

function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Returns what calls a hook of the boot audit and notes the CPU that it needs. */
const parts = { audit: 0, table: 0 };
function noted(part, hook) {
  return async function noting() {
    const before = cpu();
    await hook.call(this);
    parts[part] += cpu() - before;
  };
}
BootAudit.prototype.onModuleInit = noted('audit', BootAudit.prototype.onModuleInit);
BootAudit.prototype.onApplicationBootstrap = noted('table', BootAudit.prototype.onApplicationBootstrap);

/** What is required of a route: of all of them the same, or of each something else. */
function requirementOf(route) {
  if (application === 'shared') return RequireAcr('mfa', { maxAge: 300 });
  return RequireAcr(words[route % 2], { maxAge: 300 + route });
}

/** Guards and a filter that do nothing, as many as the module binds: what Nest itself needs for them. */
class IdleGuard {
  canActivate() {
    return true;
  }
}
class IdleFilter {
  catch() {}
}
Catch(TypeError)(IdleFilter);
const idle = [UseGuards(IdleGuard, new IdleGuard()), UseFilters(IdleFilter)];

function controller(index) {
  const type = { [`Bench${index}Controller`]: class {} }[`Bench${index}Controller`];
  for (let route = 0; route < ROUTES_OF_CONTROLLER; route += 1) {
    const name = `route${route}`;
    type.prototype[name] = (id) => ({ id });
    const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name);
    Get(`${name}/:id`)(type.prototype, name, descriptor);
    Param('id')(type.prototype, name, 0);
    if (application === 'guards') for (const decorator of idle) decorator(type.prototype, name, descriptor);
    if (application === 'shared' || application === 'different') {
      requirementOf(index * ROUTES_OF_CONTROLLER + route)(type.prototype, name, descriptor);
    }
  }
  if (application === 'guards') UseGuards(IdleGuard, new IdleGuard())(type);
  Controller(`bench${index}`)(type);
  return type;
}

const beforeDeclaring = cpu();
const controllers = Array.from({ length: Number(routes) / ROUTES_OF_CONTROLLER }, (_, index) => controller(index));
parts.declaring = cpu() - beforeDeclaring;

class BenchModule {}
Module({
  imports: hasModule
    ? [
        StepUpModule.forRoot({
          authorizationServers: [
            { issuer: 'https://as.example', audience: 'https://api.example', acr: { mfa: 'mfa', phr: 'phr' } },
          ],
          metadataAudit: 'off',
        }),
      ]
    : [],
  controllers,
})(BenchModule);

const adapterOf = {
  express: async () => new (await import('@nestjs/platform-express')).ExpressAdapter(),
  fastify: async () => new (await import('@nestjs/platform-fastify')).FastifyAdapter(),
};
const created = await adapterOf[adapter]();
const before = cpu();
const app = await NestFactory.create(BenchModule, created, { logger: ['error'] });
if (application === 'guards') app.useGlobalGuards(new IdleGuard());
await app.listen(0, '127.0.0.1');
const starting = cpu() - before;
parts.nest = starting - parts.audit - parts.table;
parts.total = parts.declaring + starting;
process.send(parts, () => process.exit());
