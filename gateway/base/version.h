/* The version that every program of this project tells. */
#ifndef UAV_BASE_VERSION_H
#define UAV_BASE_VERSION_H

#define UAV_VERSION "0.1.0"

#endif
