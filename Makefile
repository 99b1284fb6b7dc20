# SPDX-License-Identifier: GPL-2.0-or-later
# series: keeps a patch series alive on many stable kernels. See README.md.
O ?= build
CFLAGS ?= -O2 -g
PKGS := libgit2 popt jansson libarchive libdeflate nettle
CPPFLAGS += -Itools -D_FILE_OFFSET_BITS=64 $(shell pkg-config --cflags $(PKGS))
WARN := -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
LDLIBS += $(shell pkg-config --libs $(PKGS))

FLOORS := base patch kernel cmd
LIB_SRC := $(wildcard $(FLOORS:%=tools/%/*.c))
LIB_OBJ := $(LIB_SRC:tools/%.c=$(O)/%.o)

all: tools/series

tools/series: $(LIB_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(O)/%.o: tools/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) -MMD -MP -c -o $@ $<

-include $(LIB_OBJ:.o=.d)
.PHONY: all
