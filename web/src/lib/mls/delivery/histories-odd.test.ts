import { playPart } from '../testing/histories';

playPart(1);
