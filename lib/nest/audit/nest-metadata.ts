// Keys of the metadata that Nest's decorators write. @nestjs/graphql, websockets and microservices need not be installed.

export const PATH = 'path';
export const METHOD = 'method';
export const VERSION = '__version__';
export const MODULE_PATH = '__module_path__';
export const MESSAGE_MAPPING = 'websockets:message_mapping';
export const MESSAGE = 'message';
export const GATEWAY = 'websockets:is_gateway';
export const PATTERN = 'microservices:pattern';
export const PATTERN_KIND = 'microservices:handler_type';
export const RESOLVER_TYPE = 'graphql:resolver_type';
export const RESOLVER_NAME = 'graphql:resolver_name';
export const FIELD = 'graphql:resolve_property';
export const REFERENCE = 'graphql:resolve_reference';
export const FILTERS = '__exceptionFilters__';
export const INTERCEPTORS = '__interceptors__';
export const PIPES = '__pipes__';
export const PARAMETERS = '__routeArguments__';
