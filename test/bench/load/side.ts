/** The two that are compared: the least that the platform can do, and the service. */
export type Side = "floor" | "product";
