/*
 * The main function of a fuzz target that is linked without libFuzzer: it gives the target every file that it is called
 * with, as libFuzzer would. `fuzz/run.sh --replay` builds it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
    const long length = ftell(file);
    rewind(file);
    uint8_t *data = length < 0 ? NULL : malloc((size_t)length + 1);
    if (data != NULL) *size = fread(data, 1, (size_t)length, file);
    fclose(file);
    return data;
}

int main(int count, char **paths) {
    for (int number = 1; number < count; number += 1) {
        size_t size = 0;
        uint8_t *data = read_file(paths[number], &size);
        if (data == NULL) {
            perror(paths[number]);
            return 1;
        }
        /* Said before, so that a file which ends the process is the last line. */
        printf("%s\n", paths[number]);
        fflush(stdout);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
    }
    return 0;
}
