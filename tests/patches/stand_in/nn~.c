/* A stand-in for the external nn~ in PureData, for tests where the real one cannot be had.

   [nn~ model method buffer], flags -d (disabled), -g, -gpu (there is no GPU here) and -m (refused,
   as by the real one in a Pd before 0.54). Messages: set, enable, bufsize, reload, gpu, bang
   (tells all at the last outlet), load and method (refused without -m). The real one has no get.

   As in the real one
   - rings of samples stand before and after the model: a whole buffer is played when the first is
     full. What comes out is late by twice the buffer, less one block of Pd; by one buffer, less one
     block, once a buffer of 0 was asked for. A thread is not used: its result is known when it
     would be fetched, so that the same patch always sounds the same.
   - rings are made for 4096 samples and one channel, and made anew when a model has other channels
     or `bufsize` is sent. So the buffer among the arguments means less than it says for a method
     with one inlet and one outlet; above 4096 the real one corrupts its memory: here, an error.
   - a method that a model lacks becomes forward.

   Unlike it, a setting that comes while a thread computes counts from the next buffer on; errors
   come on the same occasions in other words; a word among the values of `set` posts no empty error.

   The model is played by server.py, at the other end of the socket $VSCHAOS_STAND_IN. */

#include <m_pd.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "rings.h"

enum { DEFAULT_BUFFER = 4096, LOADED_NUMBERS = 5 };

typedef struct _nn {
    t_object object;
    t_float value_of_inlet;
    t_canvas *canvas;
    t_outlet *info;
    int server;
    int is_loaded, is_enabled, is_threaded;
    int inlets, in_ratio, outlets, out_ratio, highest_ratio, buffer_size;
    t_ring *before, *after;
    float *input, *output; /* of the model, channel by channel */
    char *reply;
    t_symbol *path, *method;
    char methods[TEXT_SIZE], attributes[TEXT_SIZE];
    int block_size;
    t_sample **signals;
} t_nn;

static t_class *nn_class;

/* buffers */

static void make_blocks(t_nn *x) {
    free(x->input);
    free(x->output);
    x->input = calloc((size_t)x->inlets * x->buffer_size, sizeof(float));
    x->output = calloc((size_t)x->outlets * x->buffer_size, sizeof(float));
}

static void make_rings(t_nn *x, int old_inlets, int old_outlets) {
    x->before = new_rings(x->before, old_inlets, x->inlets, x->buffer_size);
    x->after = new_rings(x->after, old_outlets, x->outlets, x->buffer_size);
    make_blocks(x);
}

/* the server */

/* The size of what is answered, in x->reply; -1 without answer. A complaint is posted. */
static int ask(t_nn *x, char kind, const void *request, uint32_t size) {
    char complaint[TEXT_SIZE] = "the server of the stand-in does not answer";
    int answered = exchange(x->server, kind, request, size, complaint, &x->reply);
    if (*complaint) pd_error(x, "nn~: %s", complaint);
    return answered;
}

/* loading */

static void choose_buffer(t_nn *x, int asked) {
    x->buffer_size = asked;
    if (!asked) {
        x->is_threaded = 0; /* and no other buffer brings the thread back */
        x->buffer_size = x->highest_ratio;
    } else if (asked < x->highest_ratio) {
        x->buffer_size = x->highest_ratio;
        post("nn~: buffer size too small, switching to %d", x->buffer_size);
    } else
        for (x->buffer_size = 1; x->buffer_size < asked;) x->buffer_size *= 2;
}

static t_symbol *found(t_nn *x, const char *name) {
    char full[2 * MAXPDSTRING], folder[MAXPDSTRING], *file;
    size_t length = strlen(name);
    int has_suffix = length > 3 && !strcmp(name + length - 3, ".ts");
    snprintf(full, sizeof full, "%s%s", name, has_suffix ? "" : ".ts");
    const char *home = canvas_getdir(x->canvas)->s_name;
    int descriptor = open_via_path(home, full, "", folder, &file, MAXPDSTRING, 1);
    if (descriptor < 0) {
        pd_error(x, "nn~: could not find file '%s'", full);
        return 0;
    }
    sys_close(descriptor);
    snprintf(full, sizeof full, "%s/%s", folder, file);
    return gensym(full);
}

/* What the server tells of a model: LOADED_NUMBERS, then lines: method, methods, attributes. */
static void take_description(t_nn *x) {
    int32_t numbers[LOADED_NUMBERS];
    memcpy(numbers, x->reply, sizeof numbers);
    x->inlets = numbers[0], x->in_ratio = numbers[1];
    x->outlets = numbers[2], x->out_ratio = numbers[3];
    x->highest_ratio = numbers[4];
    char *line = x->reply + sizeof numbers;
    const char *method = strsep(&line, "\n");
    if (strcmp(method, x->method->s_name))
        post("nn~: method %s not found in model, using forward instead", x->method->s_name);
    x->method = gensym(method);
    snprintf(x->methods, TEXT_SIZE, "%s", strsep(&line, "\n"));
    snprintf(x->attributes, TEXT_SIZE, "%s", line);
}

static void load(t_nn *x, const char *name, int asked) {
    char request[2 * MAXPDSTRING];
    if (!(x->path = found(x, name))) return;
    x->server = connection(getenv("VSCHAOS_STAND_IN"));
    if (x->server < 0) {
        pd_error(x, "nn~: this is a stand-in for tests, its server is not there");
        return;
    }
    snprintf(request, sizeof request, "%s\n%s", x->path->s_name, x->method->s_name);
    if (ask(x, 'L', request, strlen(request)) <= 0) return;
    take_description(x);
    x->is_loaded = 1;
    choose_buffer(x, asked);
    if (x->inlets != 1 || x->outlets != 1) {
        post("nn~: dimensions changed: %d in, %d out", x->inlets, x->outlets);
        make_rings(x, 1, 1);
    } else if (x->buffer_size > DEFAULT_BUFFER)
        pd_error(x, "nn~: the real one breaks with %d as an argument, send bufsize instead",
                 x->buffer_size);
    make_blocks(x);
}

static void take_flags(t_nn *x, int *count, t_atom **atoms) {
    for (; *count && (*atoms)->a_type == A_SYMBOL; ++*atoms, --*count) {
        const char *flag = (*atoms)->a_w.w_symbol->s_name;
        if (!strcmp(flag, "-d")) x->is_enabled = 0;
        else if (!strcmp(flag, "-m")) pd_error(x, "nn~: no multichannel support, ignoring '-m' flag");
        else if (!strcmp(flag, "-g") || !strcmp(flag, "-gpu")) post("nn~: GPU mode not available");
        else return;
    }
}

static void *nn_new(t_symbol *name, int count, t_atom *atoms) {
    t_nn *x = (t_nn *)pd_new(nn_class);
    (void)name;
    x->canvas = canvas_getcurrent();
    x->server = -1;
    x->is_enabled = x->is_threaded = 1;
    x->inlets = x->outlets = x->in_ratio = x->out_ratio = x->highest_ratio = 1;
    x->buffer_size = DEFAULT_BUFFER;
    x->method = gensym("forward");
    make_rings(x, 0, 0);
    outlet_new(&x->object, &s_signal);
    take_flags(x, &count, &atoms);
    if (!count) return x;
    if (count > 1) x->method = atom_gensym(atoms + 1);
    load(x, atom_getsymbol(atoms)->s_name, count > 2 ? atom_getint(atoms + 2) : DEFAULT_BUFFER);
    for (int k = 1; k < x->inlets; k++)
        inlet_new(&x->object, &x->object.ob_pd, &s_signal, &s_signal);
    for (int k = 1; k < x->outlets; k++) outlet_new(&x->object, &s_signal);
    x->info = outlet_new(&x->object, &s_anything);
    return x;
}

static void nn_free(t_nn *x) {
    if (x->server >= 0) close(x->server);
    free(new_rings(x->before, x->inlets, 0, 0));
    free(new_rings(x->after, x->outlets, 0, 0));
    free(x->input);
    free(x->output);
    free(x->reply);
    free(x->signals);
}

/* sound */

static void play_buffer(t_nn *x) {
    int size = x->buffer_size;
    for (int k = 0; k < x->inlets; k++) take(x->before + k, x->input + k * size, size);
    if (x->is_threaded) /* what a thread made of the last buffer */
        for (int k = 0; k < x->outlets; k++) put(x->after + k, x->output + k * size, size);
    size_t expected = (size_t)x->outlets * size * sizeof(float);
    int answered = ask(x, 'P', x->input, (uint32_t)x->inlets * size * sizeof(float));
    if (answered == (int)expected) memcpy(x->output, x->reply, expected);
    if (!x->is_threaded)
        for (int k = 0; k < x->outlets; k++) put(x->after + k, x->output + k * size, size);
}

static t_int *nn_perform(t_int *arguments) {
    t_nn *x = (t_nn *)arguments[1];
    int size = x->block_size;
    if (!x->is_loaded || !x->is_enabled) {
        for (int k = 0; k < x->outlets; k++)
            memset(x->signals[x->inlets + k], 0, size * sizeof(t_sample));
        return arguments + 2;
    }
    for (int k = 0; k < x->inlets; k++) put(x->before + k, x->signals[k], size);
    if (x->before->count == x->before->size) play_buffer(x);
    for (int k = 0; k < x->outlets; k++) take(x->after + k, x->signals[x->inlets + k], size);
    return arguments + 2;
}

static void nn_dsp(t_nn *x, t_signal **signals) {
    int number = x->inlets + x->outlets;
    x->block_size = signals[0]->s_n;
    x->signals = realloc(x->signals, number * sizeof(t_sample *));
    for (int k = 0; k < number; k++) x->signals[k] = signals[k]->s_vec;
    dsp_add(nn_perform, 1, x);
}

/* messages */

static void nn_set(t_nn *x, t_symbol *name, int count, t_atom *atoms) {
    char request[TEXT_SIZE] = "";
    (void)name;
    if (count < 2 || atoms->a_type != A_SYMBOL) {
        pd_error(x, "nn~: set needs at least 2 arguments [set argname argval1 ...(");
        return;
    }
    for (size_t used = 0; count-- && used < TEXT_SIZE; used = strlen(request), atoms++) {
        const char *parting = used ? "\n" : "";
        if (atoms->a_type == A_FLOAT) /* six decimals, as the real one: 1e-7 arrives as nothing */
            snprintf(request + used, TEXT_SIZE - used, "%s%f", parting, atoms->a_w.w_float);
        else
            snprintf(request + used, TEXT_SIZE - used, "%s%s", parting, atom_getsymbol(atoms)->s_name);
    }
    if (x->is_loaded) ask(x, 'S', request, strlen(request));
    else pd_error(x, "nn~: argument name not settable in current model");
}

static void nn_bufsize(t_nn *x, t_float size) {
    choose_buffer(x, (int)size);
    make_rings(x, x->inlets, x->outlets);
}

static void nn_enable(t_nn *x, t_float is_enabled) { x->is_enabled = is_enabled != 0; }

static void nn_reload(t_nn *x) {
    if (x->is_loaded) ask(x, 'R', "", 0);
}

static void nn_gpu(t_nn *x, t_float is_wanted) {
    if (is_wanted) post("nn~: GPU mode not available");
    (void)x;
}

static void nn_load(t_nn *x, t_symbol *name) {
    pd_error(x, "nn~: dynamically loading models is only supported in multichannel mode");
    (void)name;
}

static void nn_method(t_nn *x, t_symbol *name) {
    pd_error(x, "nn~: method change is only supported in multichannel mode");
    (void)name;
}

/* At the last outlet: `name words...`, numbers as numbers. */
static void tell(t_nn *x, const char *name, const char *words) {
    t_binbuf *list = binbuf_new();
    binbuf_text(list, words, strlen(words));
    outlet_anything(x->info, gensym(name), binbuf_getnatom(list), binbuf_getvec(list));
    binbuf_free(list);
}

static void tell_numbers(t_nn *x, const char *name, int count, int first, int second) {
    t_atom numbers[2];
    SETFLOAT(numbers, first);
    SETFLOAT(numbers + 1, second);
    outlet_anything(x->info, gensym(name), count, numbers);
}

static void nn_bang(t_nn *x) {
    t_atom path;
    if (!x->info) return;
    tell_numbers(x, "loaded", 1, x->is_loaded, 0);
    if (!x->is_loaded) return;
    tell_numbers(x, "enabled", 1, x->is_enabled, 0);
    tell_numbers(x, "gpu", 1, 0, 0);
    SETSYMBOL(&path, x->path);
    outlet_anything(x->info, gensym("model"), 1, &path);
    tell(x, "methods", x->methods);
    tell(x, "method", x->method->s_name);
    tell(x, "attributes", x->attributes);
    tell_numbers(x, "bufsize", 1, x->buffer_size, 0);
    tell_numbers(x, "dim", 2, x->inlets, x->outlets);
    tell_numbers(x, "ratio", 2, x->in_ratio, x->out_ratio);
}

void nn_tilde_setup(void) {
    nn_class = class_new(gensym("nn~"), (t_newmethod)nn_new, (t_method)nn_free, sizeof(t_nn), 0,
                         A_GIMME, 0);
    CLASS_MAINSIGNALIN(nn_class, t_nn, value_of_inlet);
    class_addmethod(nn_class, (t_method)nn_dsp, gensym("dsp"), A_CANT, 0);
    class_addmethod(nn_class, (t_method)nn_set, gensym("set"), A_GIMME, 0);
    class_addmethod(nn_class, (t_method)nn_enable, gensym("enable"), A_FLOAT, 0);
    class_addmethod(nn_class, (t_method)nn_bufsize, gensym("bufsize"), A_FLOAT, 0);
    class_addmethod(nn_class, (t_method)nn_reload, gensym("reload"), A_NULL);
    class_addmethod(nn_class, (t_method)nn_gpu, gensym("gpu"), A_FLOAT, 0);
    class_addmethod(nn_class, (t_method)nn_load, gensym("load"), A_SYMBOL, 0);
    class_addmethod(nn_class, (t_method)nn_method, gensym("method"), A_SYMBOL, 0);
    class_addbang(nn_class, (t_method)nn_bang);
}
