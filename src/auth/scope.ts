/**
 * What a token can allow. `watch`: read and watch. `work`: start, finish, read and watch.
 * `cancel`. `declare`: declare and forget. `admin`: all of it.
 */
export type Scope = "watch" | "work" | "cancel" | "declare" | "admin";
