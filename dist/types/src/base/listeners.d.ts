/** Functions that want to hear of something. A listener that throws does not keep the others from hearing. */
export declare class Listeners<Event> {
    #private;
    /** `onError` hears what a listener throws. */
    constructor(onError: (error: unknown) => void);
    /** Adds a listener; the result removes it. */
    add(listener: (event: Event) => void): () => void;
    emit(event: Event): void;
}
