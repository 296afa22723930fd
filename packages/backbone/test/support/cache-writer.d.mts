import type { Backbone, ImageRef } from '@cl/hub';
export declare const width: number;
export declare const fingerprint: string;
export declare function expected(n: number): Float32Array;
export declare function image(n: number): ImageRef;
export declare function backbone(onEmbed?: (images: readonly ImageRef[]) => unknown): Backbone;
