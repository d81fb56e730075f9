export enum Size { Small, Large }
export namespace Sizes { export const small = 1; }
export class Box { constructor(private readonly size: number) {} }
