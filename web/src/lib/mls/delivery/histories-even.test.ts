import { playPart } from '../testing/histories';

playPart(0);
