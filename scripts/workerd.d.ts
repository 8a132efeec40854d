/** The npm package has no types. It is CommonJS: its default export arrives inside another one. */
declare module "workerd" {
  const workerd: { readonly default: string };
  export default workerd;
}
