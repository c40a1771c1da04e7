function r(){return null}export{r as Parameters};
