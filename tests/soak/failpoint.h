/* SPDX-License-Identifier: Apache-2.0 */
/* Where an engine under test dies, stops or is told that a call failed. */
#pragma once

#include "detector/port.h"

/* Passes a place. PORT_OK unless the call is to be answered without being made. Any thread. */
enum port_status failpoint_pass(const char *place);
